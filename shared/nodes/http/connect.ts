import * as http from 'node:http';
import * as https from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { NodeError } from '../../engine/node-type.ts';
import type { Target } from './guard.ts';

/**
 * Opens connections for requests and keeps them for the next. A request gets a socket only once it is connected, its
 * peer checked (H4) and TLS verified: whatever fails before that is `connect_failed`, with nothing of the request sent.
 */
export interface Agents {
  /** An agent for this target; connections that were idle for too long, or all if `fresh`, are gone from it. */
  for(target: Target, options?: { readonly fresh?: boolean }): http.Agent;
}

/** What a request passes to its agent beyond node's own options. */
export interface ConnectOptions extends https.RequestOptions {
  readonly target: Target;
  readonly attemptSignal: AbortSignal;
}

/**
 * Servers drop idle connections after 5 s (node) to 75 s (nginx); a request that meets the drop is lost, and POST is not
 * repeated. Measured by the clock, since a Lambda may be frozen between two requests and timers freeze with it.
 */
const IDLE_MS_MAX = 4_000;
/** Looking through all idle connections for each request would take longer than the request where there are many. */
const IDLE_LOOK_MS = 250;

/** Far below an attempt's 30 s, so that a black hole is reported as what it is: nothing was sent, POST may be repeated. */
const CONNECT_MS_MAX = 10_000;

/** Until the next address of a name is tried; node's 250 ms gives up on a healthy target two oceans away. */
const NEXT_ADDRESS_MS = 1_000;

export function connectionAgents(): Agents {
  const options = { keepAlive: true, autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS };
  const plain = tracked(new GuardedAgent(options));
  const secure = tracked(new GuardedSecureAgent(options));
  return {
    for({ url }, { fresh = false } = {}) {
      const { agent, dropIdle } = url.protocol === 'https:' ? secure : plain;
      dropIdle(fresh);
      return agent;
    },
  };
}

interface Tracked {
  readonly agent: http.Agent;
  /** Closes connections that were idle for too long, or all that are idle. */
  readonly dropIdle: (all: boolean) => void;
}

function tracked(agent: http.Agent): Tracked {
  const idleSince = new WeakMap<Socket, number>();
  let lookedAt = 0;
  agent.on('free', (socket: Socket) => idleSince.set(socket, Date.now()));
  return {
    agent,
    dropIdle: (all) => {
      const now = Date.now();
      if (!all && now - lookedAt < IDLE_LOOK_MS) return;
      lookedAt = now;
      for (const socket of Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? [])) {
        if (all || now - (idleSince.get(socket) ?? 0) > IDLE_MS_MAX) socket.destroy();
      }
    },
  };
}

type OnSocket = (error: Error | null, socket: Duplex) => void;

class GuardedAgent extends http.Agent {
  override createConnection(options: http.ClientRequestArgs, callback?: OnSocket): undefined {
    handOverOnceReady(super.createConnection(options), options as ConnectOptions, callback);
  }
}

class GuardedSecureAgent extends https.Agent {
  override createConnection(options: https.RequestOptions, callback?: OnSocket): undefined {
    handOverOnceReady(super.createConnection(options), options as ConnectOptions, callback);
  }
}

function handOverOnceReady(
  opened: Duplex | null | undefined,
  options: ConnectOptions,
  callback: OnSocket | undefined,
): void {
  const socket = opened as Socket;
  const { target, attemptSignal } = options;
  const ready = socket instanceof TLSSocket ? 'secureConnect' : 'connect';
  const timer = setTimeout(() => {
    socket.destroy(connectFailed(target, `not within ${CONNECT_MS_MAX / 1_000} s`));
  }, CONNECT_MS_MAX);
  const onAbort = (): void => void socket.destroy(new Error('The attempt was aborted'));
  const onConnect = (): void => {
    try {
      if (socket.remoteAddress === undefined) throw connectFailed(target, 'closed by the other side');
      target.checkPeer(socket.remoteAddress);
    } catch (error) {
      socket.destroy(error as Error);
    }
  };
  const settle = (): void => {
    clearTimeout(timer);
    attemptSignal.removeEventListener('abort', onAbort);
    socket.off('connect', onConnect).off(ready, onReady).off('error', onError).off('close', onClose);
  };
  const onReady = (): void => {
    if (socket.destroyed) return;
    settle();
    callback?.(null, socket);
  };
  const onError = (error: Error): void => {
    settle();
    // A destroyed socket may report once more, to nobody.
    socket.on('error', () => {});
    callback?.(error instanceof NodeError ? error : explained(error, target, socket), socket);
  };
  const onClose = (): void => onError(new Error('closed by the other side'));

  attemptSignal.addEventListener('abort', onAbort, { once: true });
  socket.once('connect', onConnect).once(ready, onReady).once('error', onError).once('close', onClose);
  if (attemptSignal.aborted) onAbort();
}

function explained(error: Error, target: Target, socket: Socket): NodeError {
  const code = 'code' in error ? String(error.code) : error.message;
  // The category is the code's (contract §4). Not retryable: a certificate that is expired, self-signed or made for
  // another host needs somebody who repairs it; the author should hear of it now, not after the last attempt.
  if (socket instanceof TLSSocket && Boolean(socket.authorizationError)) {
    const message = `The certificate of ${target.url.host} is not valid: ${error.message} (${code})`;
    return NodeError.fatal('connect_failed', 'transient', message);
  }
  return connectFailed(target, code);
}

function connectFailed(target: Target, why: string): NodeError {
  return NodeError.retryable('connect_failed', 'transient', `No connection to ${target.url.host}: ${why}`);
}
