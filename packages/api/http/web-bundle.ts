/**
 * The pages: the folder that the web's build makes, and index.html for every path that is a page's. Files
 * under assets/ have their content's hash in their name, so a browser may keep them for good.
 */
import { stat } from 'node:fs/promises';
import { join, normalize, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const missingPage = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Maille</title>
<h1>Maille’s pages are not built yet</h1>
<p>The server works. Build its pages with <code>npm start</code>, or with <code>npm run build -w apps/web</code>, and reload.</p></html>
`;

export async function serveWebBundle(app: FastifyInstance, folder: string): Promise<ServePage> {
  await app.register(fastifyStatic, { root: folder, serve: false, dotfiles: 'deny' });
  return async (request, reply) => {
    const file = await bundleFile(folder, request.url);
    if (file !== undefined) {
      const immutable = file.startsWith(`assets${sep}`);
      return reply.sendFile(file, { immutable, maxAge: immutable ? '365d' : 0, cacheControl: true });
    }
    // A missing asset is no page: a browser must not take HTML for a script.
    if (/^\/assets\/|\.\w{1,8}$/.test(pathOf(request.url)))
      return reply.code(404).type('text/plain').send('not found\n');
    if (await isFile(join(folder, 'index.html'))) return reply.sendFile('index.html', { maxAge: 0 });
    return reply.code(503).type('text/html; charset=utf-8').send(missingPage);
  };
}

export type ServePage = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

const pathOf = (url: string): string => url.split('?', 1)[0] as string;

async function bundleFile(folder: string, url: string): Promise<string | undefined> {
  let path: string;
  try {
    path = normalize(decodeURIComponent(pathOf(url)));
  } catch {
    return undefined;
  }
  const file = path.replace(/^\/+/, '');
  if (
    file === '' ||
    file.includes('\0') ||
    file.split(sep).some((part) => part === '..' || part.startsWith('.'))
  )
    return undefined;
  return (await isFile(join(folder, file))) ? file : undefined;
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
