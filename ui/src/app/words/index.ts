/**
 * Every sentence people read, in one place: another language is another folder beside `en`.
 *
 * Pages take their part: `protected readonly words = words.library`. Those of admins are in `admin.ts`.
 */

import { account } from './en/account';
import { add } from './en/add';
import { editing } from './en/editing';
import { frame } from './en/frame';
import { jobs } from './en/jobs';
import { library } from './en/library';
import { microphone } from './en/microphone';
import { recording } from './en/recording';
import { signIn } from './en/sign-in';
import { titles } from './en/titles';
import { units } from './en/units';

export const words = {
  account,
  add,
  editing,
  frame,
  jobs,
  library,
  microphone,
  recording,
  signIn,
  titles,
  units,
} as const;
