import { createDeadLettersHandler } from './handler.ts';

export const handler = createDeadLettersHandler(process.env);
