/** How rules on the event bus recognise what Stepwell tells. Published: never changes. */
export const LIFECYCLE_EVENT = {
  source: 'stepwell',
  detailType: 'Stepwell Execution Status Change',
} as const;
