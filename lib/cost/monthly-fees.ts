import { PRICES } from '../../shared/config/prices.ts';
import type { Pricing } from './finding.ts';
import { shortName } from './priced-template.ts';

export const keyCost: Pricing = (keys) =>
  keys.map(({ id, properties }) => ({
    what: `key ${shortName(id)}`,
    why:
      properties['EnableKeyRotation'] === true
        ? 'a customer managed key in its first year; each of the first two yearly rotations adds as much'
        : 'a customer managed key',
    usdPerMonth: PRICES.kms.usdPerKeyMonth,
  }));

export const dashboardCost: Pricing = (dashboards) =>
  dashboards.map(({ id }) => ({
    what: `dashboard ${shortName(id)}`,
    why: "AWS's three free ones an account are not counted on",
    usdPerMonth: PRICES.cloudWatch.usdPerDashboardMonth,
  }));
