import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';
import type { Wire } from '../api/client';
import { roughly, size } from '../format/amounts';
import { words } from '../words';

interface Line {
  readonly name: string;
  readonly text: string;
  /** 0 to 1; null where there is no limit. */
  readonly share: number | null;
  readonly note: string;
}

const short = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });

/** The space and the minutes somebody uses, against what they may use. */
@Component({
  selector: 'a-used',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <dl>
      @for (line of lines(); track line.name) {
        <div>
          <dt>{{ line.name }}</dt>
          <dd>
            <span class="amount">{{ line.text }}</span>
            @if (line.share !== null) {
              <span class="bar" aria-hidden="true" [class.full]="line.share >= 0.9">
                <span [style.inline-size.%]="line.share * 100"></span>
              </span>
            }
            @if (line.note) {
              <span class="quiet small">{{ line.note }}</span>
            }
          </dd>
        </div>
      }
    </dl>
  `,
  styles: `
    dl {
      display: flex;
      flex-wrap: wrap;
      gap: 20px 40px;
      min-height: 76px; // while the amounts are not here yet
      margin: 16px 0 0;
    }

    dt {
      color: var(--quiet);
      font-size: 13px;
      line-height: 20px;
    }

    dd {
      display: flex;
      flex-direction: column;
      gap: 4px;
      min-width: 160px;
      margin: 0;
    }

    .bar {
      height: 6px;
      overflow: hidden;
      border-radius: 3px;
      background: var(--line);
      forced-color-adjust: none;

      > span {
        display: block;
        height: 100%;
        background: var(--sage);
      }

      &.full > span {
        background: var(--amber);
      }
    }
  `,
})
export class Used {
  readonly me = input.required<Wire<'Me'> | null>();
  /** The last 30 days. */
  readonly days = input.required<readonly Wire<'Day'>[]>();

  protected readonly lines = computed<readonly Line[]>(() => {
    const me = this.me();
    return me === null ? [] : [space(me), today(me, this.days()), month(this.days())];
  });
}

function space(me: Wire<'Me'>): Line {
  const allowed = me.quota.space;
  const used = size(me.space);
  return {
    name: words.account.you.space,
    text: allowed === null ? used : words.account.you.of(used, size(allowed)),
    share: shareOf(me.space, allowed),
    note: words.account.you.spaceNote,
  };
}

function today(me: Wire<'Me'>, days: readonly Wire<'Day'>[]): Line {
  const date = new Date().toISOString().slice(0, 10);
  const minutes = (days.find((one) => one.day === date)?.audio ?? 0) / 60;
  const allowed = me.quota.minutes;
  const says = words.account.you;
  return {
    name: says.today,
    text:
      allowed === null
        ? says.minutes(short.format(minutes))
        : says.of(short.format(minutes), says.minutes(short.format(allowed))),
    share: shareOf(minutes, allowed),
    note: allowed === null ? '' : says.todayNote,
  };
}

function month(days: readonly Wire<'Day'>[]): Line {
  const audio = days.reduce((sum, day) => sum + day.audio, 0);
  const jobs = days.reduce((sum, day) => sum + day.jobs, 0);
  const says = words.account.you;
  const text = jobs === 0 ? says.none : says.inJobs(roughly(audio), jobs);
  return { name: says.month, text, share: null, note: '' };
}

function shareOf(used: number, allowed: number | null): number | null {
  if (allowed === null) return null;
  return allowed > 0 ? Math.min(1, used / allowed) : 1;
}
