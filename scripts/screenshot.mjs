/**
 * Run by hand: starts a pair of its own and a release that stays under way for a while, and takes the pictures of Temporal Web that the
 * documentation shows. Needs `npm run build` and Chromium, at CHROMIUM or /usr/bin/chromium. Writes docs/images/*.png.
 */
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const BATON = join(ROOT, 'dist', 'cli', 'main.js');
const IMAGES = join(ROOT, 'docs', 'images');
const IMAGE_BYTES = 300_000;
/** A plain name, for it is seen in the pictures. */
const WORKSPACE = join(tmpdir(), 'shop');
const ID = 'release-42';
/** Earlier releases, with the tasks that fail in them. */
const EARLIER = { 'release-40': [], 'release-41': ['budget'] };
/** The pictures are taken once so many tasks are done, so that they show done, running and waiting ones. */
const DONE = 7;
const LIMIT_MS = 60_000;
/** How long the page takes to draw what it has read. */
const DRAWING_MS = 2000;

/** Task, title, seconds, what it waits for. */
const STEPS = [
  ['fetch', 'Fetch the packages', 1, []],
  ['generate', 'Generate the client', 2, ['fetch']],
  ['lint', 'Lint the code', 3, ['fetch']],
  ['types', 'Check the types', 4, ['generate']],
  ['unit', 'Unit tests', 9, ['generate']],
  ['api', 'Tests of the interface', 50, ['generate']],
  ['styles', 'Compile the styles', 2, ['fetch']],
  ['images', 'Shrink the images', 40, ['fetch']],
  ['compile', 'Compile the shop', 30, ['types', 'lint']],
  ['bundle', 'Bundle it', 6, ['compile', 'styles']],
  ['handbook', 'Build the handbook', 3, ['generate']],
  ['budget', 'Check the size of the bundle', 2, ['bundle', 'images']],
  ['archive', 'Make the archive', 2, ['bundle', 'handbook', 'unit', 'api']],
];

/** Pages of Temporal Web; `ready` is a text that says that the page is there, in its frame where it has one. */
const PICTURES = [
  { name: 'temporal-web-list', path: '/workflows', ready: 'release-40', height: 440 },
  { name: 'temporal-web-request', path: `/workflows/${ID}`, ready: 'deadline of d1', height: 1180 },
  {
    name: 'temporal-web-details',
    path: `/workflows/${ID}`,
    tab: 'User Metadata',
    ready: 'Open decisions',
    framed: true,
    height: 1320,
  },
  {
    name: 'temporal-web-signal',
    path: `/workflows/${ID}`,
    ready: 'deadline of d1',
    act: fillSignal,
    height: 860,
  },
];

const run = promisify(execFile);
const home = mkdtempSync(join(tmpdir(), 'baton-pictures-'));
const environment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_'))),
  BATON_HOME: home,
  BATON_HOST: 'laptop',
};
const baton = async (...args) => (await run(process.execPath, [BATON, ...args], { env: environment })).stdout;

/** A workspace in which every task is a program of its own, so that Temporal Web shows its name. */
function makeWorkspace() {
  mkdirSync(join(WORKSPACE, 'tools'), { recursive: true });
  for (const [id] of STEPS) {
    const program = join(WORKSPACE, 'tools', id);
    writeFileSync(program, '#!/bin/sh\nsleep "$1"\nexit "${2:-0}"\n');
    chmodSync(program, 0o755);
  }
}

function writePlan(name, { pace, failing, asks }) {
  const tasks = STEPS.map(([id, title, seconds, dependencies]) => {
    const command = [`./tools/${id}`, String(seconds * pace), ...(failing.includes(id) ? ['1'] : [])];
    return { id, title, command, estimate: `${seconds * pace}s`, dependencies };
  });
  const decision = { question: 'Publish this release?', deadline: '2h', otherwise: 'reject' };
  if (asks) tasks.push({ id: 'publish', title: 'Publish?', decision, dependencies: ['handbook'] });
  const file = join(WORKSPACE, `${name}.json`);
  const description = `Release ${name.slice(-2)} of the shop`;
  writeFileSync(file, JSON.stringify({ name: description, maxParallel: 6, tasks }, null, 2));
  return ['--plan', file, '--workspace', WORKSPACE, '--id', name];
}

async function startRequests() {
  for (const [name, failing] of Object.entries(EARLIER)) {
    const plan = writePlan(name, { pace: 0.02, failing, asks: false });
    // The failing one ends with 3, which is what it is there for.
    await baton('run', ...plan).catch(() => undefined);
  }
  await baton('run', ...writePlan(ID, { pace: 1, failing: [], asks: true }), '--detach');
  for (const end = Date.now() + LIMIT_MS; ; await sleep(300)) {
    const { tasks, decisions } = JSON.parse(await baton('status', ID, '--json'));
    const done = tasks.filter((task) => task.status === 'completed').length;
    if (done >= DONE && decisions.length > 0) return;
    if (Date.now() > end) throw new Error(`only ${done} tasks were done in time`);
  }
}

async function takePictures() {
  const { uiUrl } = JSON.parse(readFileSync(join(home, 'run', 'server.json'), 'utf8'));
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', ...quiet] });
  try {
    for (const picture of PICTURES) await takePicture(browser, uiUrl, picture);
  } finally {
    await browser.close();
  }
}

async function takePicture(browser, uiUrl, { name, path, tab, ready, framed, act, height }) {
  const page = await browser.newPage({ viewport: { width: 1280, height } });
  await page.goto(`${uiUrl}/namespaces/default${path}`);
  if (tab) await page.getByText(tab).first().click();
  const place = framed ? page.frameLocator('iframe').nth(1) : page;
  await place.getByText(ready).first().waitFor();
  if (act) await act(page);
  await sleep(DRAWING_MS);
  const file = join(IMAGES, `${name}.png`);
  await page.screenshot({ path: file });
  await page.close();
  const { size } = statSync(file);
  console.log(`${file}: ${size} bytes`);
  if (size > IMAGE_BYTES) throw new Error(`${file} is larger than ${IMAGE_BYTES} bytes`);
}

/** The form "Send a Signal", with the answer in it. */
async function fillSignal(page) {
  await page.getByRole('button', { name: 'More Actions' }).click();
  await page.getByRole('menuitem', { name: 'Send a Signal' }).click();
  const dialog = page.getByRole('dialog').filter({ hasText: 'Send a Signal' });
  await dialog.locator('button[aria-haspopup="true"]').first().click();
  await dialog.getByRole('option', { name: 'decide' }).first().click();
  await dialog.getByRole('textbox').last().click();
  await page.keyboard.insertText(JSON.stringify({ decisionId: 'd1', choice: 'approve', by: 'ann' }));
  // Leaving the field breaks the text into lines.
  await dialog.getByText('only single JSON').click();
}

if (existsSync(WORKSPACE)) throw new Error(`${WORKSPACE} is there already; move it away first`);
try {
  makeWorkspace();
  await startRequests();
  mkdirSync(IMAGES, { recursive: true });
  await takePictures();
} finally {
  await baton('down');
  rmSync(home, { recursive: true, force: true });
  rmSync(WORKSPACE, { recursive: true, force: true });
}
