import { describe, expect, it } from 'vitest';
import { PlainScreen, TerminalScreen } from '../../../src/app/telephone/screen.js';

const LOUD = { inDbfs: -10, outDbfs: -20 };

class Terminal {
  readonly columns = 80;
  text = '';
  write(text: string): void {
    this.text += text;
  }
}

describe('the screen of a call', () => {
  it('keeps the meters on the last line and lets what happens scroll above them', () => {
    const terminal = new Terminal();
    const screen = new TerminalScreen(terminal);
    screen.levels(LOUD, 1_000);
    terminal.text = '';
    screen.tell('answered');
    expect(terminal.text).toMatch(/^\r\u001b\[Kanswered\nin .*00:01$/);
  });

  it('writes the meters only when they changed', () => {
    const terminal = new Terminal();
    const screen = new TerminalScreen(terminal);
    screen.levels(LOUD, 1_000);
    terminal.text = '';
    screen.levels(LOUD, 1_001);
    expect(terminal.text).toBe('');
  });

  it('gives the terminal back as it was: no meters, the cursor shown', () => {
    const terminal = new Terminal();
    const screen = new TerminalScreen(terminal);
    screen.levels(LOUD, 1_000);
    terminal.text = '';
    screen.close();
    screen.levels(LOUD, 2_000);
    screen.tell('hung up');
    expect(terminal.text).toBe('\r\u001b[K\u001b[?25hhung up\n');
  });

  it('is lines alone where there is no terminal', () => {
    const file = new Terminal();
    const screen = new PlainScreen(file);
    screen.levels();
    screen.tell('answered');
    screen.close();
    expect(file.text).toBe('answered\n');
  });
});
