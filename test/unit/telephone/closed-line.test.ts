import { expect, it } from 'vitest';
import { RtpPhone } from '../../../src/adapters/embedded-media/phone.js';

it('keys pressed on a telephone whose line is closed, or closes meanwhile, keep nobody waiting', async () => {
  const phone = await RtpPhone.open();
  const pressed = phone.pressKey('1');
  await phone.close();
  await expect(pressed).resolves.toBeTypeOf('number');
  await expect(phone.pressKey('2')).resolves.toBeTypeOf('number');
});
