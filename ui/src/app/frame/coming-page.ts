import { ChangeDetectionStrategy, Component, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import {
  NavigationCancel,
  NavigationEnd,
  NavigationError,
  NavigationSkipped,
  NavigationStart,
  Router,
} from '@angular/router';
import { connection } from '../api/connection';
import { ProgressLine } from '../parts/progress-line';
import { words } from '../words';

/** How long (ms) a page may take before that is said. */
const MOMENT = 300;

/** Says that the page somebody went to is on its way: its files may have to come over a slow line. */
@Component({
  selector: 'a-coming-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [ProgressLine],
  template: `
    @if (late()) {
      <a-progress-line [value]="null" [label]="words" />
    }
    <span role="status" class="spoken-only">{{ late() ? words : '' }}</span>
  `,
  styles: `
    a-progress-line {
      position: fixed;
      z-index: 50;
      inset: 0 0 auto;
    }
  `,
})
export class ComingPage {
  protected readonly words = words.frame.opening;
  protected readonly late = signal(false);
  private over = (): void => undefined;

  constructor() {
    inject(Router)
      .events.pipe(takeUntilDestroyed())
      .subscribe((event) => {
        if (event instanceof NavigationStart) this.begin();
        else if (
          event instanceof NavigationEnd ||
          event instanceof NavigationCancel ||
          event instanceof NavigationError ||
          event instanceof NavigationSkipped
        )
          this.over();
      });
  }

  private begin(): void {
    this.over();
    const timer = setTimeout(() => this.late.set(true), MOMENT);
    const come = connection.expect();
    this.over = () => {
      clearTimeout(timer);
      come();
      this.late.set(false);
    };
  }
}
