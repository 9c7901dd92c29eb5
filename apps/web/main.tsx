import '@mantine/notifications/styles.css';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import { SessionProvider } from './app/session.tsx';
// After the components' own styles, which it mends.
import './app/app.css';

const queries = new QueryClient({
  defaultOptions: {
    // What moves comes over the live line; a refused request stays refused.
    queries: { staleTime: 5_000, retry: false },
    mutations: { retry: false },
  },
});

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <SessionProvider>
        <Notifications position="bottom-right" limit={4} />
        <App />
      </SessionProvider>
    </QueryClientProvider>
  </StrictMode>,
);
