import { ChangeDetectionStrategy, Component } from '@angular/core';
import { addressOf } from '../api/client';
import { adminWords } from '../words/admin';
import { Chores } from './chores';
import { HealthList } from './health';
import { Machine } from './machine';

/** How the installation is, what it runs on, and what comes round. */
@Component({
  selector: 'a-system',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Chores, HealthList, Machine],
  template: `
    <section>
      <h2>{{ words.health.title }}</h2>
      <a-health />
    </section>
    <section>
      <h2>{{ words.machine.title }}</h2>
      <a-machine />
    </section>
    <section>
      <h2>{{ words.chores.title }}</h2>
      <a-chores />
    </section>
    <section>
      <h2>{{ words.elsewhere.title }}</h2>
      <p>
        <a [href]="docs">{{ words.elsewhere.api }}</a>
      </p>
      <p>
        <a [href]="metrics">{{ words.elsewhere.metrics }}</a>&ngsp;
        <span class="quiet small">{{ words.elsewhere.metricsHint }}</span>
      </p>
    </section>
  `,
  styles: `
    @use 'page';
  `,
})
export class SystemPage {
  protected readonly words = adminWords;
  protected readonly docs = addressOf('/docs');
  protected readonly metrics = addressOf('/metrics');
}
