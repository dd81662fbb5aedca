import { createWorkerHandler } from './handler.ts';

export const handler = createWorkerHandler(process.env);
