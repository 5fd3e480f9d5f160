import { useParams } from 'wouter';

/** A part of the address, decoded: `:featureId` of `/features/:featureId`. */
export function usePathParam(name: string): string {
  const value = useParams()[name] ?? '';
  try {
    return decodeURIComponent(value);
  } catch {
    // A percent sign that encodes nothing was typed by hand: it stands for itself.
    return value;
  }
}
