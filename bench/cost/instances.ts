import type { Context } from 'aws-lambda';

type Handler<E, R> = (event: E, context: Context) => Promise<R>;

/**
 * A function as Lambda runs it: an instance has one event at a time, and when all are busy there is another. What a handler
 * does for all that it has in hand at once, such as sending their messages together, is so little here as it is there.
 */
export function instances<E, R>(create: () => Handler<E, R>): Handler<E, R> {
  const idle: Handler<E, R>[] = [];
  return async (event, context) => {
    const handler = idle.pop() ?? create();
    try {
      return await handler(event, context);
    } finally {
      idle.push(handler);
    }
  };
}
