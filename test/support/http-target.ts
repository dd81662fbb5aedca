// The demo's target is a good one for tests too: the ledger, the order of things, the high-water mark.
export * from '../../local/demo/http-target.ts';
