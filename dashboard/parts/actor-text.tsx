import { EventText } from './event-text.tsx';

/** The key that comes with the deployment, as the API names it. */
const DEPLOYMENTS_OWN = 'admin-key';

/** Who changed something: the key that was used. */
export function ActorText({ actor }: { readonly actor: string }) {
  return actor === DEPLOYMENTS_OWN ? 'the admin key' : <EventText>{actor}</EventText>;
}
