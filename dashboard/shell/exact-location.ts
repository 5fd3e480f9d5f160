import { useBrowserLocation, useSearch } from 'wouter/use-browser-location';

// wouter decodes an address once by itself, and not wholly (`decodeURI`), so that an id with a percent sign could no longer
// be told from an encoded one. Here every percent sign is encoded once more before that, so that what comes out is the
// address as it is, and whoever reads a part of it decodes it, once.

const encoded = (text: string): string => text.replaceAll('%', '%25');

export function useExactLocation(): [string, (to: string, options?: { replace?: boolean }) => void] {
  const [path, navigate] = useBrowserLocation();
  return [encoded(path), navigate];
}

export const useExactSearch = (): string => encoded(useSearch());

// How wouter finds the second from the first.
useExactLocation.searchHook = useExactSearch;
