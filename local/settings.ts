import { ENV } from '../shared/config/env.ts';
import { checkedApiKey } from './api-key.ts';
import { StartupProblem } from './startup-problem.ts';

const PORT_DEFAULT = 3_000;
const PORT_MAX = 65_535;
const CLOCK_RATE_MAX = 1_000_000;

export interface Settings {
  readonly dataDir: string;
  readonly port: number;
  /** Undefined = the data folder's. */
  readonly apiKey: string | undefined;
  readonly clockRate: number | undefined;
  readonly httpAllow: string | undefined;
  readonly dynamodbEndpoint: string | undefined;
  readonly sqsEndpoint: string | undefined;
  /** For tables on somebody else's server: leases given before this instant were a process's that is dead for certain. */
  readonly leaseEpoch: number | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads what `npm start` can be told; a value it cannot use is a problem, never a silent default. */
export function readSettings(env: Environment): Settings {
  const key = given(env, 'STEPWELL_API_KEY');
  return {
    dataDir: given(env, 'STEPWELL_DATA') ?? '.stepwell',
    port: portOf(given(env, 'PORT')),
    apiKey: key === undefined ? undefined : checkedApiKey(key, 'STEPWELL_API_KEY'),
    clockRate: clockRateOf(given(env, 'STEPWELL_CLOCK_RATE')),
    httpAllow: httpAllowOf(given(env, 'STEPWELL_HTTP_ALLOW')),
    dynamodbEndpoint: endpointOf(env, 'DYNAMODB_ENDPOINT'),
    sqsEndpoint: endpointOf(env, 'SQS_ENDPOINT'),
    leaseEpoch: leaseEpochOf(given(env, ENV.leaseEpoch)),
  };
}

/** An empty variable is one that is not set: that is how a shell's `PORT= npm start` is meant. */
function given(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
}

function portOf(value: string | undefined): number {
  if (value === undefined) return PORT_DEFAULT;
  const port = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (port >= 0 && port <= PORT_MAX) return port;
  throw new StartupProblem(
    `PORT is "${value}"; it is a number from 0 (any free port) to ${PORT_MAX}, as in PORT=3001 npm start`,
  );
}

function clockRateOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const rate = Number(value);
  if (rate >= 1 && rate <= CLOCK_RATE_MAX) return rate;
  throw new StartupProblem(
    `STEPWELL_CLOCK_RATE is "${value}"; it says how many times faster timers run, from 1 to ${CLOCK_RATE_MAX}, ` +
      'as in STEPWELL_CLOCK_RATE=60 npm start',
  );
}

function leaseEpochOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw new StartupProblem(
    `${ENV.leaseEpoch} is "${value}"; it is an instant in milliseconds since 1970 at which nobody worked on these tables`,
  );
}

function httpAllowOf(value: string | undefined): string | undefined {
  const wrong = value
    ?.split(',')
    .find((entry) => !/^(?:[a-zA-Z0-9.-]+|\[[0-9a-fA-F:.]+\]):\d{1,5}$/.test(entry.trim()));
  if (wrong === undefined) return value;
  throw new StartupProblem(
    `STEPWELL_HTTP_ALLOW has "${wrong.trim()}"; it is a list of host:port, as in STEPWELL_HTTP_ALLOW=127.0.0.1:9000,localhost:9001`,
  );
}

function endpointOf(env: Environment, name: string): string | undefined {
  const value = given(env, name);
  if (value === undefined) return undefined;
  const protocol = URL.canParse(value) ? new URL(value).protocol : '';
  if (protocol === 'http:' || protocol === 'https:') return value;
  throw new StartupProblem(`${name} is "${value}"; it is the address of a server, as in ${name}=http://127.0.0.1:8000`);
}
