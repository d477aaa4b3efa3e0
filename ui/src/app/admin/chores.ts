import { ChangeDetectionStrategy, Component } from '@angular/core';
import { api, got, type Wire } from '../api/client';
import { roughly } from '../format/amounts';
import { MomentPipe } from '../format/pipes';
import { adminWords } from '../words/admin';
import { Unanswered } from '../parts/unanswered';
import { polled } from './polling';

const EVERY = 30_000;

/** Work that comes round: when it was done, and what it did. */
@Component({
  selector: 'a-chores',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Unanswered, MomentPipe],
  template: `
    @if (asked.error(); as error) {
      <a-unanswered [error]="error" (again)="asked.ask()" />
    }
    <div class="wide" tabindex="0" role="region" [attr.aria-label]="words.title">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{{ words.what }}</th>
            <th scope="col">{{ words.every }}</th>
            <th scope="col">{{ words.last }}</th>
            <th scope="col">{{ words.result }}</th>
            <th scope="col">{{ words.next }}</th>
          </tr>
        </thead>
        <tbody>
          @for (chore of asked.value(); track chore.name) {
            <tr>
              <td class="prose">{{ words.of[chore.name] ?? chore.name }}</td>
              <td>{{ every(chore) }}</td>
              <td>{{ chore.finished_at ? (chore.finished_at | moment) : words.never }}</td>
              <td [class.bad]="chore.error" [class.prose]="chore.error" dir="auto">
                {{ result(chore) }}
              </td>
              <td>{{ chore.due_at ? (chore.due_at | moment) : words.soon }}</td>
            </tr>
          } @empty {
            <tr>
              <td colspan="5" class="quiet">{{ loading }}</td>
            </tr>
          }
        </tbody>
      </table>
    </div>
  `,
  styles: `
    @use 'page';
  `,
})
export class Chores {
  protected readonly words = adminWords.chores;
  protected readonly loading = adminWords.loading;
  protected readonly asked = polled(EVERY, () => got(api.GET('/api/v1/admin/chores')));

  protected every(chore: Wire<'ChoreModel'>): string {
    return roughly(chore.every);
  }

  protected result(chore: Wire<'ChoreModel'>): string {
    if (chore.error) return chore.error;
    return Object.entries(chore.result ?? {})
      .map(([name, n]) => this.words.counted[name]?.(Number(n)) ?? `${name}: ${n}`)
      .join(', ');
  }
}
