import { createSweeperHandler } from './handler.ts';

export const handler = createSweeperHandler(process.env);
