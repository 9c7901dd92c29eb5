/**
 * The web bundle, and the development server with live reload in front of a running server.
 * The page runs under a Content-Security-Policy without inline script, eval or data: URLs, and the
 * build must not need them: no asset is inlined, and TypeBox's probe for eval is answered at build time.
 */
import react from '@vitejs/plugin-react';
import { defineConfig, loadEnv, type Plugin } from 'vite';

/** TypeBox asks `new Function` whether it may compile validators: under our policy that is a console error. */
function typeboxWithoutEval(): Plugin {
  return {
    name: 'typebox-without-eval',
    transform(_code, id) {
      if (!/typebox\/build\/system\/environment\/evaluate\.mjs/.test(id)) return undefined;
      return {
        code: `export function CanEvaluate() { return false; }
export function Evaluate() { throw new Error('no eval here'); }`,
        map: null,
      };
    },
  };
}

export default defineConfig(({ mode }) => {
  const settings = loadEnv(mode, '.', 'MAILLE_');
  const server = settings.MAILLE_HTTP_URL ?? 'http://127.0.0.1:4480';
  return {
    root: import.meta.dirname,
    plugins: [react(), typeboxWithoutEval()],
    optimizeDeps: { exclude: ['typebox'] }, // pre-bundling would pass the plugin by
    build: {
      outDir: 'dist',
      emptyOutDir: true,
      target: 'es2023',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      sourcemap: false,
      chunkSizeWarningLimit: 500,
      rolldownOptions: {
        output: {
          // What changes with an upgrade of a library only stays in the browser's cache between our own.
          codeSplitting: {
            groups: [
              { name: 'react', test: /node_modules\/(react|react-dom|scheduler)\// },
              {
                name: 'tanstack',
                test: /node_modules\/@tanstack\/(react-router|router-core|history|react-store|store|react-query|query-core)\//,
              },
              { name: 'typebox', test: /node_modules\/typebox\// },
            ],
          },
        },
      },
    },
    server: {
      host: '127.0.0.1',
      port: 4470,
      strictPort: false,
      // The server checks Host and Origin: the proxy speaks in its name.
      proxy: {
        '/api': { target: server, ws: true, changeOrigin: true, headers: { origin: new URL(server).origin } },
      },
    },
  };
});
