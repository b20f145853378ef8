import { assertNever } from '../domain/assert-never.js';
import type { CallEffect, CallEvent } from '../domain/call-flow/contract.js';
import type { ConferenceEffect, ConferenceEvent } from '../domain/conference/contract.js';
import type { CallId } from '../domain/identifiers.js';
import type { WithoutTime } from './without-time.js';

/*
 * What a call and its conference tell each other: effects of the one as events of the other.
 */

export type Report = Extract<
  CallEffect,
  {
    type:
      | 'ReportJoined'
      | 'ReportAction'
      | 'ReportUnknownCode'
      | 'ReportChoice'
      | 'ReportEntry'
      | 'ReportMenuLeft'
      | 'ReportMenuSpoken'
      | 'ReportLeft';
  }
>;

export function toConference(callId: CallId, report: Report): WithoutTime<ConferenceEvent> {
  switch (report.type) {
    case 'ReportJoined':
      return { type: 'CallerJoined', callId };
    case 'ReportAction': {
      const { action, keyMap } = report;
      return { type: 'ActionRequested', callId, action, ...(keyMap === undefined ? {} : { keyMap }) };
    }
    case 'ReportUnknownCode':
      return { type: 'UnknownCodeKeyed', callId };
    case 'ReportChoice':
      return { type: 'ChoiceKeyed', callId, menuId: report.menuId, choice: report.choice };
    case 'ReportEntry':
      return { type: 'EntryKeyed', callId, menuId: report.menuId, digits: report.digits };
    case 'ReportMenuLeft':
      return { type: 'MenuLeft', callId, menuId: report.menuId };
    case 'ReportMenuSpoken':
      return { type: 'MenuSpoken', callId, menuId: report.menuId };
    case 'ReportLeft':
      return { type: 'CallerLeft', callId, lineLost: report.lineLost };
    default:
      return assertNever(report);
  }
}

export type Order = Extract<
  ConferenceEffect,
  {
    type:
      | 'LetPass'
      | 'Admit'
      | 'KeepWaiting'
      | 'Refuse'
      | 'Tell'
      | 'SendToHold'
      | 'SendToRoom'
      | 'Mute'
      | 'OpenMenu'
      | 'OpenEntry'
      | 'CloseMenu'
      | 'Dismiss';
  }
>;

export function toCall(order: Order): WithoutTime<CallEvent> {
  switch (order.type) {
    case 'LetPass':
      return { type: 'GateFoundOpen' };
    case 'Admit':
      return { type: 'Admitted', muted: order.muted, introduction: order.introduction };
    case 'KeepWaiting':
      return { type: 'KeptWaiting', reason: order.reason };
    case 'Refuse':
      return { type: 'Refused', reason: order.reason };
    case 'Tell':
      return { type: 'Told', utterances: order.utterances };
    case 'SendToHold':
      return { type: 'SentToHold', reason: order.reason };
    case 'SendToRoom':
      return { type: 'SentToRoom', room: order.room, muted: order.muted };
    case 'Mute':
      return { type: 'MuteChanged', muted: order.muted };
    case 'OpenMenu': {
      const { menuId, utterances, choices } = order;
      return { type: 'MenuOpened', menuId, utterances, choices };
    }
    case 'OpenEntry': {
      const { menuId, utterances, mostDigits } = order;
      return { type: 'EntryOpened', menuId, utterances, mostDigits };
    }
    case 'CloseMenu':
      return { type: 'MenuClosed', menuId: order.menuId, utterances: order.utterances };
    case 'Dismiss':
      return { type: 'Dismissed', outcome: order.outcome, farewell: order.farewell };
    default:
      return assertNever(order);
  }
}
