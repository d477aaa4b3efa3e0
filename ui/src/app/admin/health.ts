import { ChangeDetectionStrategy, Component, computed } from '@angular/core';
import { RouterLink } from '@angular/router';
import { LucideCircleAlert, LucideCircleCheck, LucideCircleQuestionMark } from '@lucide/angular';
import { api, refusal, type Wire } from '../api/client';
import { adminWords } from '../words/admin';
import { connection } from '../api/connection';
import { Unanswered } from '../parts/unanswered';
import { polled } from './polling';

const EVERY = 10_000;
const FINE: ReadonlySet<string> = new Set(Object.keys(adminWords.health.fine));

interface Check {
  readonly name: string;
  readonly well: boolean;
  readonly says: string;
  readonly advice: string;
  /** The tab where it is put right, where there is one. */
  readonly tab: string | null;
}

/** How the server is, check by check, and what to do about what is not well. */
@Component({
  selector: 'a-health',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Unanswered, LucideCircleAlert, LucideCircleCheck, LucideCircleQuestionMark, RouterLink],
  template: `
    @if (asked.error(); as error) {
      <a-unanswered [error]="error" (again)="asked.ask()" />
    }
    <p class="status" aria-live="polite">
      @if (asked.value(); as health) {
        @if (stale()) {
          <span class="quiet">{{ words.before }} {{ words.status[health.status] }}</span>
        } @else {
          <strong [class]="health.status">{{ words.status[health.status] }}</strong>
        }
      } @else {
        <span class="quiet">{{ loading }}</span>
      }
    </p>
    <ul>
      @for (check of checks(); track check.name) {
        <li>
          @if (stale()) {
            <svg lucideCircleQuestionMark class="quiet" [size]="18"></svg>
          } @else if (check.well) {
            <svg lucideCircleCheck class="good" [size]="18"></svg>
          } @else {
            <svg lucideCircleAlert class="bad" [size]="18"></svg>
          }
          <span class="name">{{ check.name }}</span>
          <span [class.quiet]="check.well || stale()" dir="auto">
            {{ check.says }}
            @if (!check.well) {
              <span class="quiet">{{ check.advice }}</span>
              @if (check.tab; as tab) {
                <a [routerLink]="'../' + tab">{{ words.see[tab] }}</a>
              }
            }
          </span>
        </li>
      }
    </ul>
  `,
  styles: `
    .status {
      min-height: 28px;
      margin-bottom: 4px;
      font-size: 17px;
      line-height: 28px;
    }

    .healthy,
    .good {
      color: var(--sage);
    }

    .degraded {
      color: var(--amber);
    }

    .unhealthy,
    .bad {
      color: var(--rust);
    }

    ul {
      min-height: 238px;
      margin: 0;
      padding: 0;
      list-style: none;
    }

    li {
      display: grid;
      grid-template-columns: 18px minmax(90px, 170px) minmax(0, 1fr);
      gap: 0 12px;
      padding: 5px 0;
    }

    svg {
      margin-top: 3px;
    }
  `,
})
export class HealthList {
  protected readonly words = adminWords.health;
  protected readonly loading = adminWords.loading;
  protected readonly asked = polled(EVERY, health);
  /** What is shown was true once: nobody knows how it is now. */
  protected readonly stale = computed(() => this.asked.error() !== null || connection.lost());
  protected readonly checks = computed<readonly Check[]>(() => {
    const health = this.asked.value();
    if (health === null) return [];
    const named = Object.entries(health.checks).map(([name, says]) => check(name, says));
    return [...named, check('worker', health.worker_running ? 'ok' : this.words.nobodyWorks)];
  });
}

function check(name: string, says: string): Check {
  const { checks, fine, well, advice } = adminWords.health;
  const isWell = FINE.has(says);
  return {
    name: checks[name] ?? name,
    well: isWell,
    says: (says === 'ok' ? well[name] : undefined) ?? fine[says] ?? says,
    advice: advice[name] ?? '',
    tab: isWell ? null : ({ model: 'models', worker: 'queues' }[name] ?? 'settings'),
  };
}

/** How the server is; one that is unhealthy says so with the status 503. */
async function health(): Promise<Wire<'HealthAnswer'>> {
  const { data, error, response } = await api.GET('/health');
  const body: unknown = data ?? error;
  if (typeof body === 'object' && body !== null && 'checks' in body)
    return body as Wire<'HealthAnswer'>;
  throw refusal(response, body);
}
