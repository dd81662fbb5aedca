import { deploy } from './stack/deploy.ts';
import { main } from './stack/main.ts';

await main(deploy);
