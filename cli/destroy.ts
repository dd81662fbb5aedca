import { destroy } from './stack/destroy.ts';
import { main } from './stack/main.ts';

await main(destroy);
