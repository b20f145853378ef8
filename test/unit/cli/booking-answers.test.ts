import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localAt } from '../../../src/app/bookings/wall-time.js';
import { lengthInWords } from '../../../src/app/cli/length-in-words.js';
import { CommandLine } from './command-line.js';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const AT = `${localAt(Date.now() + 30 * DAY_MS, 'UTC').slice(0, 10)}T09:00`;
const IN_LONDON = ['--time-zone', 'Europe/London', '--duration', '1h30m'];

let cli: CommandLine;

beforeEach(async () => {
  cli = new CommandLine();
  await cli.addAccount('--name', 'Board');
});
afterEach(() => cli.dispose());

const add = (...more: readonly string[]) => cli.run('booking', 'add', 'Board', '--title', 'Weekly', ...more);

/** The last Sunday of March next year, when London's clocks go from 01:00 to 02:00. */
function changeOfClocks(): string {
  const last = new Date(Date.UTC(new Date().getUTCFullYear() + 1, 2, 31));
  last.setUTCDate(31 - last.getUTCDay());
  return last.toISOString().slice(0, 10);
}

describe('the answer to a booking', () => {
  it('says what time it became where the clocks leave out the one that was said', async () => {
    const day = changeOfClocks();
    const skipped = await add('--at', `${day}T01:30`, ...IN_LONDON);
    expect(skipped.stderr).toBe(
      `warning: the clocks of Europe/London leave out ${day} 01:30, so it starts at ${day} 02:30\n`,
    );
    expect(skipped.status).toBe(0);
    for (const time of ['00:59', '02:00']) {
      expect((await add('--at', `${day}T${time}`, ...IN_LONDON)).stderr).not.toContain('leave out');
    }
  });

  it('says how long it lasts as people say it', async () => {
    const { stdout } = await add('--at', AT, ...IN_LONDON, '--early', '5m');
    expect(stdout).toMatch(/^Lasts +1 hour 30 minutes$/m);
    expect(stdout).toMatch(/^Early entry +5 minutes$/m);
    expect(stdout).toMatch(/^Overrun +none$/m);
    expect((await cli.run('booking', 'list')).stdout).toContain(' 1 hour 30 minutes ');
  });

  it.each([
    [1, '1 minute'],
    [45, '45 minutes'],
    [60, '1 hour'],
    [121, '2 hours 1 minute'],
    [1_440, '1 day'],
    [7 * 1_440 + 30, '7 days 30 minutes'],
    [0.5, 'none'],
  ])('has %d minutes as %s', (minutes, words) => expect(lengthInWords(minutes * MINUTE_MS)).toBe(words));

  it('names those that nothing is ever sent to', async () => {
    const people = ['--invite', 'Ann', '--invite', 'Bob <bob@example.org>', '--invite', 'Cy <+442071234567>'];
    const { stdout, stderr } = await add('--at', AT, ...IN_LONDON, ...people, '--personal-pins');
    expect(stdout).toContain('Nothing is ever sent to Ann: there is neither a mail address nor a telephone number.\n');
    expect(stderr).toBe('');
    const [{ booking }] = (await cli.json('booking', 'list')) as [{ booking: { id: string } }];
    expect((await cli.run('booking', 'invite', booking.id, 'Dan')).stdout).toContain('Nothing is ever sent to Dan: ');
    expect((await cli.run('booking', 'invite', booking.id, 'Eve <eve@example.org>')).stdout).not.toContain('Nothing');
    const many = Array.from({ length: 7 }, (_, at) => ['--invite', `Guest ${at}`]).flat();
    expect((await add('--at', AT, ...IN_LONDON, ...many)).stdout).toContain(
      'Nothing is ever sent to Guest 0, Guest 1, Guest 2, Guest 3, Guest 4 and 2 more: ',
    );
  });
});
