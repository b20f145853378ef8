import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openExistingStore, openStore } from '../../../src/app/compose-store.js';
import { readCsv } from '../../../src/app/csv.js';
import { CommandLine, ONE_LINE_ERROR } from './command-line.js';

let cli: CommandLine;
beforeEach(() => {
  cli = new CommandLine();
});
afterEach(() => cli.dispose());

const file = (name: string, text: string | Uint8Array): string => {
  writeFileSync(join(cli.directory, name), text);
  return name;
};
const read = (name: string): string => readFileSync(join(cli.directory, name), 'utf8');
const names = async (...flags: readonly string[]): Promise<readonly string[]> =>
  ((await cli.json('account', 'list', ...flags)) as { name: string }[]).map(({ name }) => name);

describe('account import', () => {
  it('adds every row with its options, and writes PINs that open, for their owner alone', async () => {
    const csv =
      'name,email,time_zone,language,lock,max_callers,security_code\r\nMary,mary@example.org,europe/dublin,EN-ie,no,5,yes\r\nTom,,,,,,\r\n';
    const { status, stdout } = await cli.run('account', 'import', file('a.csv', csv), '--out', 'pins.csv');
    expect([status, stdout]).toEqual([
      0,
      '2 accounts are added. Their PINs are in pins.csv, and nowhere else: keep it safe.\n',
    ]);
    expect(await cli.json('account', 'show', 'Mary')).toMatchObject({
      ...{ email: 'mary@example.org', timeZone: 'Europe/Dublin', language: 'en-IE', securityCode: true },
      options: { lockAllowed: false, maxCallers: 5 },
    });
    expect(await cli.json('account', 'show', 'Tom')).toMatchObject({ email: null, options: { lockAllowed: true } });
    expect(statSync(join(cli.directory, 'pins.csv')).mode & 0o777).toBe(0o600);
    const [head, ...rows] = readCsv(readFileSync(join(cli.directory, 'pins.csv'))).map(({ cells }) => cells);
    expect(head?.slice(0, 6)).toEqual(['line', 'id', 'name', 'email', 'host_pin', 'guest_pin']);
    expect(rows.map(([line, , name]) => [line, name])).toEqual([
      ['2', 'Mary'],
      ['3', 'Tom'],
    ]);
    for (const [, id, , , host = '', guest = ''] of rows) {
      cli.withStore((store, hash) => {
        expect(store.findPin(hash(host), 0)).toMatchObject({ role: 'host', account: { id } });
        expect(store.findPin(hash(guest), 0)).toMatchObject({ role: 'guest', account: { id } });
      });
    }
  });

  it('writes the PINs to stdout where no file is given', async () => {
    const { stdout } = await cli.run('account', 'import', file('a.csv', 'name,access_code\nBoard,yes\n'));
    expect(stdout).toMatch(/^line,id,.*\r\n2,a\w+,Board,,,,\d{9},\d{9},\r\n$/);
  });

  it('names every bad row with its line and reason, and imports nothing', async () => {
    const csv =
      'name,email,lock,max_callers\nfine,,,\n,x@example.org,,\n"two\nlines",,,\nTom,tom,,\nZoe,,perhaps,\nshort,1\nAna,,,0\nalso fine,,,\n';
    const { status, stdout, stderr } = await cli.run('account', 'import', file('a.csv', csv), '--out', 'pins.csv');
    expect([status, stdout]).toEqual([1, '']);
    const lines = stderr.trim().split('\n');
    expect(lines.map((line) => /^line \d+/.exec(line)?.[0])).toEqual([
      'line 3',
      'line 4',
      'line 6',
      'line 7',
      'line 8',
      'line 9',
      undefined,
    ]);
    expect(lines[0]).toBe('line 3: it has no name');
    expect(lines[3]).toBe('line 7: "perhaps" for lock: it must be yes or no');
    expect(lines[4]).toBe('line 8: it has 2 cells, the header has 4');
    expect(lines[6]).toBe('error: 6 of 8 rows of a.csv cannot be used: nothing was imported');
    expect(existsSync(cli.data)).toBe(false);
    expect(existsSync(join(cli.directory, 'pins.csv'))).toBe(false);
  });

  it('names all that is wrong with a row, by its columns', async () => {
    const csv = [
      'name,email,max_callers,entry,dial_out,dial_out_calls,key',
      ',mary,many,loud,,,mute',
      'Tom,,,,,5,',
      'Zoe,,0,,nowhere,0,',
      `Ana,${'x'.repeat(500)}\u0007,,,,,`,
    ];
    const { status, stderr } = await cli.run('account', 'import', file('a.csv', csv.join('\n')));
    expect(status).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([
      'line 2: "mary" for email: it must be an e-mail address such as mary@example.org; ' +
        '"many" for max_callers: it must be a whole number from 1 to 100000, or none; ' +
        '"loud" for entry: allowed choices are tone, name, none; ' +
        '"mute" for key: it must be ACTION=CODES, such as mute=*6,*0; it has no name',
      'line 3: hosts of this account are to call nobody, so there is nothing to limit: give dial_out TRUNK',
      'line 4: "0" for max_callers: it must be a whole number from 1 to 100000, or none; ' +
        '"0" for dial_out_calls: it must be a whole number from 1 to 1000',
      `line 5: "${'x'.repeat(40)}…" for email: it must be an e-mail address such as mary@example.org`,
      'error: 4 of 4 rows of a.csv cannot be used: nothing was imported',
    ]);
  });

  it('reads equal cells alike, and keys and dial-out of every row for themselves', async () => {
    const csv = [
      'name,time_zone,key,lock',
      'a,UTC,mute=*6;end=none,no',
      'b,UTC,mute=*6;end=none,no',
      'c,,end=none,yes',
    ];
    await cli.run('account', 'import', file('a.csv', csv.join('\n')));
    const shown = (await cli.json('account', 'list')) as {
      timeZone: string | null;
      options: Record<string, unknown>;
    }[];
    expect(shown.map(({ timeZone, options }) => [timeZone, options['keyMap'], options['lockAllowed']])).toEqual([
      ['UTC', { mute: ['*6'], end: [] }, false],
      ['UTC', { mute: ['*6'], end: [] }, false],
      [null, { end: [] }, true],
    ]);
  });

  it('says in a dry run what would be done, and does nothing', async () => {
    const csv = file('a.csv', 'name\nMary\nTom\n');
    expect((await cli.run('account', 'import', csv, '--dry-run')).stdout).toMatch(
      /^2 accounts would be added, with PINs of 9 digits\./,
    );
    expect(existsSync(cli.data)).toBe(false);
    const bad = await cli.run('account', 'import', file('b.csv', 'name,lock\nMary,2\n'), '--dry-run', '--json');
    expect(JSON.parse(bad.stdout)).toEqual({
      accounts: 0,
      bad: [{ line: 2, reason: '"2" for lock: it must be yes or no' }],
    });
    await cli.run('account', 'add', '--name', 'mary');
    expect((await cli.run('account', 'import', csv, '--dry-run')).stderr).toMatch(
      /^warning: 1 of 2 names are those of accounts already \(line 2\)/,
    );
  });

  it.each([
    ['a column nobody knows', 'name,shoe size\nMary,38\n', /no such column as "shoe-size"/],
    ['a column twice', 'name,email,E-Mail\nMary,,\n', /no such column as "e-mail"/],
    ['the same column twice', 'name,lock,Lock\nMary,,\n', /the column "lock" is there twice/],
    ['no names', 'email\nmary@example.org\n', /there is no column "name"/],
    ['no rows', 'name\n', /has no rows/],
    ['nothing in it', '', /has no rows/],
    ['a quote that is not closed', 'name\n"Mary\n', /it is no CSV/],
    ['another encoding', Buffer.from('name\nZo\xeb\n', 'latin1'), /not in UTF-8: save it as CSV UTF-8/],
    ['UTF-16', Buffer.from('\ufeffname\nMary\n', 'utf16le'), /not in UTF-8/],
  ])('refuses a file with %s in one line', async (_, csv, reason) => {
    const { status, stderr } = await cli.run('account', 'import', file('a.csv', csv));
    expect(status).toBe(1);
    expect(stderr).toMatch(ONE_LINE_ERROR);
    expect(stderr).toMatch(reason);
    expect(existsSync(cli.data)).toBe(false);
  });

  it('takes what spreadsheets write: a byte order mark, semicolons, CRLF, quotes, line ends in cells', async () => {
    await cli.run(
      'account',
      'import',
      file('a.csv', '\ufeffName;Email\r\n"Murphy; ""Mary""";mary@example.org\r\n\r\nTom;\r\n'),
    );
    expect(await names()).toEqual(['Murphy; "Mary"', 'Tom']);
  });

  it('puts the PINs in no file that is there, and then adds nothing', async () => {
    file('pins.csv', 'mine');
    const { status, stderr } = await cli.run('account', 'import', file('a.csv', 'name\nMary\n'), '--out', 'pins.csv');
    expect([status, read('pins.csv')]).toEqual([1, 'mine']);
    expect(stderr).toMatch(/^error: pins\.csv is there already[^\n]*\n$/);
    expect(await names()).toEqual([]);
  });

  it('refuses more PINs than their length bears', async () => {
    cli.env = { PARTYLINE_ENTRY_PIN_LENGTH: '6' };
    const { status, stderr } = await cli.run('account', 'import', file('a.csv', 'name\nMary\nTom\n'));
    expect(status).toBe(1);
    expect(stderr).toMatch(/with 4 PINs in use, PINs of 6 digits are too easy to guess: [^\n]*--pin-length 7\)/);
    expect(await names()).toEqual([]);
  });
});

describe('account export', () => {
  it('writes what an import reads, without PINs, and nothing a spreadsheet takes for a formula', async () => {
    const { hostPin, guestPin } = await cli.addAccount(
      '--name',
      '=HYPERLINK("x")',
      '--no-lock',
      '--key',
      'mute=*6,*0',
      '--key',
      'end=none',
    );
    await cli.addAccount(
      '--name',
      'Zoë, "chair"',
      '--email',
      'zoe@example.org',
      '--time-zone',
      'Asia/Tokyo',
      '--allow',
      '+4420*,0123',
    );
    await cli.run('account', 'disable', 'Zoë, "chair"');
    expect((await cli.run('account', 'export', 'out.csv')).status).toBe(0);
    expect(statSync(join(cli.directory, 'out.csv')).mode & 0o777).toBe(0o600);
    const text = read('out.csv');
    for (const pin of [hostPin, guestPin]) expect(text).not.toContain(pin);
    for (const { cells } of readCsv(Buffer.from(text))) for (const cell of cells) expect(cell).not.toMatch(/^[=+@-]/);
    expect((await cli.run('account', 'export')).stdout).toBe(text);

    const before = (await cli.json('account', 'list')) as object[];
    const other = new CommandLine();
    writeFileSync(join(other.directory, 'in.csv'), text);
    expect((await other.run('account', 'import', 'in.csv', '--out', 'pins.csv')).stderr).toBe('');
    const after = (await other.json('account', 'list')) as object[];
    other.dispose();
    const comparable = (list: object[]): object[] => list.map((one) => ({ ...one, id: '', createdAt: '' }));
    expect(comparable(after)).toEqual(comparable(before));
  });
});

describe('names that look like a formula', () => {
  const odd = [
    "'=1",
    "''=1",
    '=1',
    '+44',
    "'+44",
    '-',
    "'-1+1",
    "'@x",
    "'",
    "'quoted'",
    "O'Neill",
    '\uff1d1',
    "'\uff0b1",
    '= 1',
  ];

  it('come back from an export as they were, and are none to a spreadsheet', async () => {
    for (const name of odd) await cli.addAccount('--name', name);
    await cli.run('account', 'export', 'out.csv');
    const cells = readCsv(Buffer.from(read('out.csv')))
      .slice(1)
      .map(({ cells: [, name = ''] }) => name);
    expect(cells.filter((cell) => /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(cell) && !/^\+\d+$/.test(cell))).toEqual(
      [],
    );
    const other = new CommandLine();
    writeFileSync(join(other.directory, 'in.csv'), read('out.csv'));
    await other.run('account', 'import', 'in.csv', '--out', 'pins.csv');
    const after = (await other.json('account', 'list')) as { name: string }[];
    other.dispose();
    expect(after.map(({ name }) => name)).toEqual(odd);
  });
});

describe('accounts that go while all are written', () => {
  it.each([['export'], ['export', 'out.csv'], ['list'], ['list', '--json']])(
    'are not left out silently by %s %s',
    async (...args) => {
      const many = Array.from({ length: 1_500 }, (_, n) => `n${n}`);
      await cli.run(
        'account',
        'import',
        file('a.csv', ['name', ...many].join('\n')),
        '--out',
        'pins.csv',
        '--pin-length',
        '12',
      );
      cli.stores = {
        openStore,
        openExistingStore: (config) => {
          const store = openExistingStore(config);
          const accounts = store.accounts.bind(store);
          // somebody else removes the last one of each page
          store.accounts = (asked) => {
            const page = accounts(asked);
            const last = page.at(-1);
            if (last !== undefined) cli.withStore((other) => other.removeAccount(last.id));
            return page;
          };
          return store;
        },
      };
      const { status, stderr } = await cli.run('account', ...args);
      expect(status).toBe(1);
      expect(stderr).toMatch(/^error: the account a\w+ was removed just now, so that not all are here: try again\n$/);
      expect(existsSync(join(cli.directory, 'out.csv'))).toBe(false);
    },
  );
});

describe('account list', () => {
  it('filters by name, address and state, and goes on after a page', async () => {
    for (const name of ['Mary B', 'mary a', 'Tom'])
      await cli.addAccount('--name', name, '--email', `${name.slice(0, 3)}@example.org`);
    await cli.run('account', 'disable', 'Tom');
    expect(await names('--name', 'MARY')).toEqual(['mary a', 'Mary B']);
    expect(await names('--email', 'tom@example.org')).toEqual(['Tom']);
    expect(await names('--disabled')).toEqual(['Tom']);
    expect(await names('--enabled', '--limit', '1')).toEqual(['Mary B']);
    const [first] = (await cli.json('account', 'list', '--limit', '1')) as { id: string }[];
    expect(await names('--after', first?.id ?? '')).toEqual(['mary a', 'Tom']);
    expect(await names('--name', 'x')).toEqual([]);
    expect((await cli.run('account', 'list', '--name', 'x')).stdout).toBe('No such account.\n');
    expect((await cli.run('account', 'list', '--enabled', '--disabled')).status).toBe(2);
    expect((await cli.run('account', 'list', '--after', 'nobody')).status).toBe(1);
  });

  it('goes over any number of pages', async () => {
    const many = Array.from({ length: 2_345 }, (_, n) => `n${n}`);
    await cli.run(
      'account',
      'import',
      file('a.csv', ['name', ...many].join('\n')),
      '--out',
      'pins.csv',
      '--pin-length',
      '12',
    );
    expect(await names()).toEqual(many);
    expect((await cli.run('account', 'list')).stdout.match(/^a\w+ /gm)).toHaveLength(2_345);
    expect(await names('--limit', '1500')).toHaveLength(1_500);
  });

  it.each([
    ['--email', 'mary'],
    ['--time-zone', 'Dublin'],
    ['--time-zone', '+01:00'],
    ['--language', 'english please'],
  ])('takes no %s %s for an account', async (flag, value) => {
    const { status, stderr } = await cli.run('account', 'add', '--name', 'a', flag, value);
    expect(status).toBe(2);
    expect(stderr).toMatch(ONE_LINE_ERROR);
  });

  it('shows what was set and removed of how to reach the host', async () => {
    await cli.addAccount('--name', 'Mary', '--email', 'a@example.org', '--language', 'pt-br');
    expect(await cli.json('account', 'show', 'Mary')).toMatchObject({ language: 'pt-BR', timeZone: null });
    await cli.run('account', 'set', 'Mary', '--email', 'none', '--time-zone', 'America/New_York');
    expect(await cli.json('account', 'show', 'Mary')).toMatchObject({
      email: null,
      timeZone: 'America/New_York',
      language: 'pt-BR',
    });
  });
});
