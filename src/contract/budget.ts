/** What happens when a budget is used up: a person is asked, all is paused, or nothing further begins. */
export const AT_CAP = ['ask', 'pause', 'stop'] as const;
export type AtCap = (typeof AT_CAP)[number];

export const BUDGET_PARTS = ['usd', 'tokens', 'wallMs'] as const;
export type BudgetPart = (typeof BUDGET_PARTS)[number];

/** What a request may cost; parts that are absent are not limited. */
export type BudgetAmounts = { [K in BudgetPart]?: number };

export type Budget = BudgetAmounts & { atCap?: AtCap };

/** What an attempt that is under way may use. */
export type Reservation = { [K in 'usd' | 'tokens']?: number };

export function amountText(part: BudgetPart, amount: number): string {
  if (part === 'usd') return `${amount.toFixed(2)} USD`;
  return part === 'tokens' ? `${amount} tokens` : `${Math.round(amount / 1000)} s`;
}
