/** An amount as a change: +3 messages, −2. */
export const signedAmount = (amount: string): string =>
  amount.startsWith('-') ? `−${amount.slice(1)}` : `+${amount}`;
