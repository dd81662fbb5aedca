import { ACCOUNT, REGION } from '../aws-identity.ts';
import { CreateScheduleBody, parseAt, ScheduleName } from './schedule-request.ts';
import type { Schedule, ScheduleStore } from './schedule-store.ts';

/** An answer of the service: errors carry their type in a header, as the REST-JSON protocol wants. */
export interface SchedulerAnswer {
  readonly status: number;
  readonly errorType?: 'ConflictException' | 'ResourceNotFoundException' | 'ValidationException';
  readonly body: Readonly<Record<string, unknown>>;
}

export interface SchedulerRequest {
  readonly method: string;
  readonly url: URL;
  readonly body: string;
}

/** The calls of EventBridge Scheduler that we make: CreateSchedule, GetSchedule, DeleteSchedule. */
export class SchedulerApi {
  readonly #store: ScheduleStore;
  readonly #groups: ReadonlySet<string>;
  readonly #created: () => void;

  constructor(store: ScheduleStore, groups: readonly string[], created: () => void) {
    this.#store = store;
    this.#groups = new Set(['default', ...groups]);
    this.#created = created;
  }

  answer(request: SchedulerRequest): SchedulerAnswer {
    const [, collection, encodedName, ...rest] = request.url.pathname.split('/');
    if (collection !== 'schedules' || encodedName === undefined || rest.length > 0) return unknownCall(request);
    const name = ScheduleName.safeParse(decodeURIComponent(encodedName));
    if (!name.success) return invalid(`1 validation error detected: Value at 'name' is not a schedule name`);
    const group = request.url.searchParams.get('groupName') ?? 'default';
    switch (request.method) {
      case 'POST':
        return this.#create(name.data, request.body);
      case 'GET':
        return this.#get(group, name.data);
      case 'DELETE':
        return this.#store.delete(group, name.data) ? { status: 200, body: {} } : notFound(group, name.data);
      default:
        return unknownCall(request);
    }
  }

  #create(name: string, text: string): SchedulerAnswer {
    const parsed = CreateScheduleBody.safeParse(parseJson(text));
    if (!parsed.success) return invalid(parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; '));
    const body = parsed.data;
    if (!this.#groups.has(body.GroupName)) return missing(`Schedule group ${body.GroupName} does not exist.`);
    const dueAt = parseAt(body.ScheduleExpression);
    if (dueAt === undefined) return invalid(`Invalid Schedule Expression ${body.ScheduleExpression}.`);
    const existing = this.#store.get(body.GroupName, name);
    // The same token with the same request is a retry whose first answer was lost.
    const retried = existing?.body.ClientToken !== undefined && JSON.stringify(existing.body) === JSON.stringify(body);
    if (existing !== undefined && !retried) {
      return { status: 409, errorType: 'ConflictException', body: { Message: `Schedule ${name} already exists.` } };
    }
    if (existing === undefined) {
      this.#store.insert({ name, dueAt, createdAt: Date.now(), body });
      this.#created();
    }
    return { status: 200, body: { ScheduleArn: arnOf(body.GroupName, name) } };
  }

  #get(group: string, name: string): SchedulerAnswer {
    const schedule = this.#store.get(group, name);
    return schedule === undefined ? notFound(group, name) : { status: 200, body: described(schedule) };
  }
}

function described({ name, createdAt, body }: Schedule): Readonly<Record<string, unknown>> {
  const { ClientToken: _token, ...rest } = body;
  // REST-JSON timestamps are epoch seconds.
  const CreationDate = createdAt / 1_000;
  return {
    ...rest,
    Name: name,
    Arn: arnOf(body.GroupName, name),
    State: 'ENABLED',
    ScheduleExpressionTimezone: 'UTC',
    CreationDate,
    LastModificationDate: CreationDate,
  };
}

function arnOf(group: string, name: string): string {
  return `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule/${group}/${name}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function invalid(message: string): SchedulerAnswer {
  return { status: 400, errorType: 'ValidationException', body: { Message: message } };
}

function missing(message: string): SchedulerAnswer {
  return { status: 404, errorType: 'ResourceNotFoundException', body: { Message: message } };
}

function notFound(group: string, name: string): SchedulerAnswer {
  return missing(`Schedule ${name} does not exist in group ${group}.`);
}

function unknownCall({ method, url }: SchedulerRequest): SchedulerAnswer {
  return invalid(`The local Scheduler does not know ${method} ${url.pathname}.`);
}
