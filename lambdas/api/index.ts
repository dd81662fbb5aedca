import { createApiHandler } from './handler.ts';

export const handler = createApiHandler(process.env);
