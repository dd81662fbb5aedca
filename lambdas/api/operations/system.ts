import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { API_ERRORS } from '../../../shared/contracts/error-codes.ts';
import { openApiDocument } from '../../../shared/contracts/openapi.ts';
import { LIMITS } from '../../../shared/domain/limits.ts';
import type { App } from '../../runtime/bootstrap.ts';
import { json, type Operation } from '../operation.ts';

export const getLimits: Operation = () => Promise.resolve(json(200, LIMITS));

export const getOpenApi: Operation = ({ baseUrl }) => Promise.resolve(json(200, openApiDocument(baseUrl)));

type Checks = Readonly<Record<string, 'ok' | 'failing'>>;

/** /health is open: however often it is asked, and by how many at once, the dependencies are asked this often at most. */
const HEALTH_CACHE_MS = 2_000;
const lastChecks = new WeakMap<App, { readonly until: number; readonly checks: Promise<Checks> }>();

export const getHealth: Operation = async ({ app }) => {
  const checks = await recentChecks(app);
  const healthy = Object.values(checks).every((check) => check === 'ok');
  return json(
    healthy ? 200 : 503,
    { status: healthy ? 'ok' : 'unavailable', checks },
    healthy ? {} : { 'retry-after': '2' },
  );
};

function recentChecks(app: App): Promise<Checks> {
  const now = app.engine.clock.now();
  const last = lastChecks.get(app);
  if (last !== undefined && last.until > now) return last.checks;
  const checks = checkAll(app);
  lastChecks.set(app, { until: now + HEALTH_CACHE_MS, checks });
  return checks;
}

async function checkAll(app: App): Promise<Checks> {
  const check = (probe: Promise<unknown>) => probe.then(() => 'ok' as const).catch(() => 'failing' as const);
  const [table, queue] = await Promise.all([
    check(app.table.get({ pk: '$system', sk: 'health' })),
    check(app.sqs.send(new GetQueueAttributesCommand({ QueueUrl: app.workQueueUrl, AttributeNames: ['QueueArn'] }))),
  ]);
  return { table, queue };
}

export const getErrorCatalog: Operation = () => {
  const rows = Object.entries(API_ERRORS).map(
    ([code, { status, title, help }]) =>
      `<h2 id="${code}">${code} <small>(${status})</small></h2><p>${title}. ${help}</p>`,
  );
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Stepwell error codes</title></head><body><h1>Error codes</h1>${rows.join('')}</body></html>`;
  return Promise.resolve({
    statusCode: 200,
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': "default-src 'none'" },
    body: html,
  });
};
