// What Secrets Manager holds in a simulation, by the name under which a function asks for it.

export const ADMIN_KEY = 'admin-key-of-the-simulation';
export const CHARGEBEE_LOGIN = { username: 'hook', password: 'word' };

export const ADMIN_SECRET = 'simulated:admin-key';
export const BILLING_SECRET = 'simulated:billing';

export const SECRET_VALUES: ReadonlyMap<string, string> = new Map([
  [ADMIN_SECRET, ADMIN_KEY],
  [
    BILLING_SECRET,
    JSON.stringify({
      chargebeeWebhookUsername: CHARGEBEE_LOGIN.username,
      chargebeeWebhookPassword: CHARGEBEE_LOGIN.password,
    }),
  ],
]);
