import { lazy, type ComponentType, type LazyExoticComponent } from 'react';

const RELOADED = 'tallyhook-reloaded-at';
/** Once within this time: a file that stays missing must not make the page load itself for ever. */
const RELOAD_EVERY_MS = 60_000;

/**
 * A page whose code is loaded when it is first opened. When that fails, another version may have been deployed since this
 * one was loaded, whose files are named differently: the page is loaded anew, once.
 */
export function lazyPage<Props extends object = object>(
  load: () => Promise<ComponentType<Props>>,
): LazyExoticComponent<ComponentType<Props>> {
  return lazy(async () => {
    try {
      return { default: await load() };
    } catch (error) {
      const last = Number(sessionStorage.getItem(RELOADED) ?? 0);
      if (Date.now() - last < RELOAD_EVERY_MS) throw error;
      sessionStorage.setItem(RELOADED, String(Date.now()));
      location.reload();
      return await new Promise<never>(() => undefined);
    }
  });
}

/**
 * A part of a page whose code is loaded when it is first needed. When that fails, `instead` takes its place: to load the page
 * anew could lose what is being written on it.
 */
export function lazyPart<Props extends object = object>(
  load: () => Promise<ComponentType<Props>>,
  instead: ComponentType<Props>,
): LazyExoticComponent<ComponentType<Props>> {
  return lazy(async () => {
    try {
      return { default: await load() };
    } catch {
      return { default: instead };
    }
  });
}
