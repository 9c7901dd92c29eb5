/** Every drawing with simulated data, in both themes: `npm run gallery`. */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  cacheDir: '../../../node_modules/.vite-gallery',
  plugins: [react()],
  server: { host: '127.0.0.1', port: 4471, strictPort: false },
  build: { outDir: 'dist', target: 'es2023' },
});
