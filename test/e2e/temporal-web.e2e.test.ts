import { existsSync } from 'node:fs';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Installation, until } from './crash.js';
import { temporalSide } from './temporal.js';

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/google-chrome', '/usr/bin/chromium-browser'];
/** A busy machine draws slowly. */
const DRAWN_MS = 60_000;
const QUIET = ['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

let place: Installation;
let browser: Browser;
beforeAll(async () => {
  const executablePath = process.env['CHROMIUM'] ?? BROWSERS.find((path) => existsSync(path));
  if (executablePath === undefined)
    throw new Error('this test needs Chromium: apt-get install chromium, or set CHROMIUM');
  place = new Installation();
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', ...QUIET] });
});
afterAll(async () => {
  await browser.close();
  await place.end();
});

const { openDecision } = temporalSide(() => place);

/** A message from the page of a request: More Actions, its form with name and JSON, Submit. */
async function send(
  page: Page,
  action: 'Send a Signal' | 'Send an Update',
  name: string,
  json: object,
): Promise<Locator> {
  await page.getByRole('button', { name: 'More Actions' }).click();
  await page.getByRole('menuitem', { name: action }).click();
  const dialog = page.getByRole('dialog').filter({ hasText: action });
  await dialog.locator('button[aria-haspopup="true"]').first().click();
  await dialog.getByRole('option', { name }).first().click();
  await dialog.getByRole('textbox').last().click();
  await page.keyboard.insertText(JSON.stringify(json));
  // Leaving the field breaks the text into lines, which moves the button away from beneath a click.
  await dialog.getByText('only single JSON').click();
  await dialog.getByRole('button', { name: 'Submit' }).click();
  return dialog;
}

describe('Temporal Web', () => {
  it('shows the question with the commands that answer it; its forms for a signal and an update answer, and the request goes on', async () => {
    const decision = { question: 'Publish it?' };
    const tasks = [
      { id: 'first', decision },
      { id: 'second', decision, dependencies: ['first'] },
      { id: 'publish', command: ['true'], dependencies: ['second'] },
    ];
    await place.submit('web', place.plan('web', { tasks }));
    await openDecision('web');
    const page = await browser.newPage({ viewport: { width: 1280, height: 1100 } });
    page.setDefaultTimeout(DRAWN_MS);
    await page.goto(`${place.record('server').uiUrl ?? ''}/namespaces/default/workflows/web`);
    await page.getByText('User Metadata').first().click();
    const details = page.locator('iframe').nth(1).contentFrame();
    await details.getByText('Publish it?').first().waitFor();
    expect(await details.locator('body').innerText()).toMatch(
      /baton decide web\/d1 approve[^]*temporal workflow signal/,
    );

    await send(page, 'Send a Signal', 'decide', { decisionId: 'd1', choice: 'approve', by: 'ann' });
    await until('the next question', async () => (await openDecision('web')).id === 'web/d2');
    const refused = await send(page, 'Send an Update', 'decide', { decisionId: 'd1', choice: 'reject', by: 'ann' });
    await page.getByText('d1 is approve already').first().waitFor();
    await refused.getByRole('button', { name: 'Cancel' }).last().click();
    await send(page, 'Send an Update', 'decide', { decisionId: 'd2', choice: 'approve', via: 'web' });

    const view = await place.ended('web', DRAWN_MS);
    expect(view.status).toBe('complete');
    expect(view.decisions.map(({ answer }) => answer)).toMatchObject([
      // Temporal does not tell a workflow which of its clients a message came from.
      { choice: 'approve', by: 'ann', via: 'signal' },
      { choice: 'approve', by: 'unnamed', via: 'web' },
    ]);
  });
});
