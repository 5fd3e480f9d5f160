import { QueryClient } from '@tanstack/react-query';
import { mayBeRepeated } from './api-error.ts';

const RETRIES_MAX = 2;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What a person did wrong, or may not do, stays so.
      retry: (failures, error) => failures < RETRIES_MAX && mayBeRepeated(error),
      retryDelay: (failures) => 500 * 2 ** failures,
    },
    // A change is only sent again when a person says so.
    mutations: { retry: false },
  },
});
