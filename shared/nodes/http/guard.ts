import type { LookupAddress } from 'node:dns';
import { lookup as systemLookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { NodeError } from '../../engine/node-type.ts';
import { canonicalAddress, isThisMachine, whyNotPublic } from './address.ts';

/**
 * Keeps `http` nodes on the public internet (threat S1).
 *
 *   H1  A URL is parsed once, by WHATWG rules; what was checked is what is connected to.
 *   H2  IP literals are checked before anything is opened: node asks no `lookup` for them.
 *   H3  A name is resolved once per connection, one non-public answer refuses it, and the connection goes to the
 *       answers that were checked: an answer that changes later (rebinding) is never seen.
 *   H4  The peer of the open socket is checked again before the first byte of the request leaves.
 *   H5  Lambda's Runtime API, where a request could steal another event, is refused even when allow-listed.
 *
 * Any port may be reached: a port says nothing about who listens on a public address.
 */
export interface AddressGuard {
  /** Throws {@link NodeError} `address_refused` unless this URL may be requested. */
  target(url: URL): Target;
}

export interface Target {
  readonly url: URL;
  /** For `net.connect`: resolves and checks; fails with `address_refused` or `dns_failed`. */
  readonly lookup: LookupFunction;
  /** Throws `address_refused` if a connection to this URL may not end at this address. */
  checkPeer(address: string): void;
}

/** All addresses of a name, as the system's resolver sees them. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

export interface GuardOptions {
  readonly allow: readonly string[];
  readonly runtimeApi?: string | undefined;
  readonly lookup?: Resolve | undefined;
}

interface HostPort {
  readonly host: string;
  readonly port: string;
}

export function addressGuard(options: GuardOptions): AddressGuard {
  const allowed = new Set(parseAllowList(options.allow));
  const runtimeApi = options.runtimeApi === undefined ? undefined : parseHostPort(options.runtimeApi);
  const resolve = options.lookup ?? ((hostname) => systemLookup(hostname, { all: true, order: 'verbatim' }));

  return {
    target(url) {
      if (url.protocol !== 'http:' && url.protocol !== 'https:') {
        throw refused(`${url.protocol}// is not reachable: http nodes speak http and https`);
      }
      if (url.username !== '' || url.password !== '') {
        throw refused('A URL with a user name or password is refused: send an Authorization header');
      }
      const target = hostPort(url);
      const isAllowed = allowed.has(spell(target));
      const checkPeer = (address: string): void => {
        if (isRuntimeApi(runtimeApi, target, address)) throw refused(`${spell(target)} is the Lambda Runtime API`);
        const why = isAllowed ? undefined : whyNotPublic(address);
        if (why !== undefined) throw refused(notPublic(target, address, why));
      };
      if (isIP(target.host) !== 0 || isRuntimeApi(runtimeApi, target, target.host)) checkPeer(target.host);
      return { url, checkPeer, lookup: checkedLookup(resolve, checkPeer) };
    },
  };
}

function checkedLookup(resolve: Resolve, checkPeer: (address: string) => void): LookupFunction {
  const checked = async (hostname: string): Promise<readonly [LookupAddress, ...LookupAddress[]]> => {
    const answers = await resolve(hostname).catch((error: unknown) => {
      throw dnsFailed(hostname, error instanceof Error && 'code' in error ? String(error.code) : 'no answer');
    });
    for (const { address } of answers) checkPeer(address);
    const [first, ...others] = answers;
    if (first === undefined) throw dnsFailed(hostname, 'no addresses');
    return [first, ...others];
  };
  return (hostname, options, callback) => {
    checked(hostname).then(
      (answers) => {
        if (options.all === true) callback(null, [...answers]);
        else callback(null, answers[0].address, answers[0].family);
      },
      (error: Error) => callback(error, []),
    );
  };
}

function dnsFailed(hostname: string, why: string): NodeError {
  return NodeError.retryable('dns_failed', 'transient', `The name ${hostname} could not be resolved: ${why}`);
}

function refused(message: string): NodeError {
  return NodeError.fatal('address_refused', 'policy', message);
}

function notPublic(target: HostPort, address: string, why: string): string {
  const subject = target.host === address ? address : `${target.host} leads to ${address}, which`;
  return (
    `${subject} is not a public address (${why}); http nodes reach public addresses only. ` +
    `On a local stack STEPWELL_HTTP_ALLOW=${spell(target)} lets this target through`
  );
}

function isRuntimeApi(api: HostPort | undefined, target: HostPort, address: string): boolean {
  if (api === undefined || api.port !== target.port) return false;
  if (api.host === target.host || canonicalAddress(api.host) === canonicalAddress(address)) return true;
  // All of 127/8, ::1, 0.0.0.0 and `localhost` are the same listener.
  return (api.host === 'localhost' || isThisMachine(api.host)) && isThisMachine(address);
}

function parseAllowList(entries: readonly string[]): string[] {
  return entries
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry) => spell(parseHostPort(entry)));
}

/** Reads `host:port` by the rules of URLs, so `LOCALHOST:80` and `[0::1]:9000` compare as their URLs do. */
function parseHostPort(text: string): HostPort {
  const url = /^[^/?#@\s]+:\d+$/.test(text) ? URL.parse(`http://${text}`) : null;
  if (url === null) throw new Error(`"${text}" is not host:port, such as 127.0.0.1:9000 or [::1]:9000`);
  return hostPort(url);
}

function hostPort(url: URL): HostPort {
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port };
}

function spell({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
