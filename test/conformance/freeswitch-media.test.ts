import { describeProduction } from '../production.js';
import { describeMedia } from './media.js';
import { ProductionMedia } from './production-media.js';

describeProduction('FreeSWITCH', () => {
  describeMedia('freeswitch', () => ({ media: new ProductionMedia(), lacks: ['gapless'] }));
});
