import { queryOptions } from '@tanstack/react-query';
import { api, read, type Schema } from './client.ts';

export type User = Schema<'User'>;
export type UserDetail = Schema<'UserDetail'>;
export type Merge = Schema<'Merge'>;

/** Everything that a change of who is who can have changed. */
export const USER_KEYS = [['users'], ['merges'], ['flags'], ['overview'], ['usage']] as const;

export const oneUser = (userId: string) =>
  queryOptions({
    queryKey: ['users', 'one', userId],
    queryFn: async ({ signal }) =>
      await read(api.GET('/api/users/{userId}', { params: { path: { userId } }, signal })),
  });

/** What merging would make of the two, without doing it. */
export const mergePreview = (survivorId: string, absorbedId: string) =>
  queryOptions({
    queryKey: ['users', 'merge-preview', survivorId, absorbedId],
    queryFn: async ({ signal }) =>
      await read(api.POST('/api/users/merge', { body: { survivorId, absorbedId, dryRun: true }, signal })),
    // Always of now: what is shown is what will be done.
    gcTime: 0,
    staleTime: 0,
  });

/** What to call a user: the name, else the email, else the id. */
export const displayName = (user: Pick<User, 'name' | 'email' | 'userId'>): string =>
  user.name ?? user.email ?? user.userId;

export const userAddress = (userId: string): string => `/users/${encodeURIComponent(userId)}`;
