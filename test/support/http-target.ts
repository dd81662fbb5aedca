// The demo's target is a good one for tests too: the ledger, the order of things, the high-water mark.
export {
  type HttpTarget,
  type ScriptedAnswer,
  startHttpTarget,
  type TargetAnswer,
  type TargetCall,
  type TargetHandler,
  type TargetRequest,
  type TargetScript,
} from '../../local/demo/http-target.ts';
