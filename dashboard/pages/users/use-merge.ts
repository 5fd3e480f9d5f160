import { useQueryClient } from '@tanstack/react-query';
import { api, read } from '../../api/client.ts';
import { USER_KEYS, type Merge } from '../../api/user-queries.ts';
import { showSuccess } from '../../parts/toast.ts';

/** Reads everything anew that a change of who is who can have changed. */
export function useRefreshUsers(): () => Promise<void> {
  const queryClient = useQueryClient();
  return async () => {
    await Promise.all(USER_KEYS.map((queryKey) => queryClient.invalidateQueries({ queryKey })));
  };
}

/** Takes a merge back; both users are there again. Throws an ApiError when that is not possible. */
export function useUndoMerge(): (merge: Pick<Merge, 'id'>) => Promise<void> {
  const refresh = useRefreshUsers();
  return async ({ id: mergeId }) => {
    await read(api.POST('/api/merges/{mergeId}/undo', { params: { path: { mergeId } } }));
    await refresh();
    showSuccess('The merge is undone: they are two users again.');
  };
}
