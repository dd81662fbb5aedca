import { PRICES } from '../../shared/config/prices.ts';
import type { Finding, Pricing } from './finding.ts';
import { perMillion, timesPerMonth } from './month.ts';
import { at, referredBy, shortName, type NamedResource, type PricedTemplate } from './priced-template.ts';

/**
 * Lambda asks a queue for messages with five pollers, and a quiet one with "as few as 2", however "this optimization is not
 * available when you enable the maximum concurrency setting"
 * (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html). Each asks again as soon as its long poll is over.
 */
const POLLERS = { capped: 5, uncapped: 2 } as const;
const LONG_POLL_SECONDS = 20;

/** Empty receives are requests like any other: the larger part of what an idle stack costs. */
export const pollingCost: Pricing = (mappings, template) =>
  mappings.filter(({ properties }) => properties['Enabled'] !== false).map((mapping) => costOf(mapping, template));

function costOf({ id, properties }: NamedResource, template: PricedTemplate): Finding {
  const queue = referredBy(properties['EventSourceArn']);
  if (queue === undefined || template.Resources[queue]?.Type !== 'AWS::SQS::Queue') {
    return { what: id, problem: 'an event source that is no queue of this template' };
  }
  if (properties['ProvisionedPollerConfig'] !== undefined) {
    return { what: id, problem: 'provisioned pollers, which are billed by the hour' };
  }
  const capped = at(properties, 'ScalingConfig', 'MaximumConcurrency') !== undefined;
  const pollers = capped ? POLLERS.capped : POLLERS.uncapped;
  const receives = pollers * timesPerMonth(LONG_POLL_SECONDS);
  return {
    what: `polling ${shortName(queue)}`,
    why: `${pollers} pollers (${capped ? 'capped concurrency' : 'no cap'}), an empty receive each ${LONG_POLL_SECONDS} s`,
    usdPerMonth: perMillion(receives, PRICES.sqs.usdPerMillionRequests),
  };
}
