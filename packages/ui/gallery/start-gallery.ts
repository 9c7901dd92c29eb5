/** `npm run gallery`: every drawing with simulated data, reloaded as its files change. */
import { join } from 'node:path';
import { createServer } from 'vite';

const server = await createServer({ configFile: join(import.meta.dirname, 'vite.config.ts') });
await server.listen();
server.printUrls();
