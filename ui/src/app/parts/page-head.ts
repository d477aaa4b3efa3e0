import { ChangeDetectionStrategy, Component, input } from '@angular/core';

/**
 * A page's title row: its name, and beside it the one primary action and what else belongs there.
 *
 *     <a-page-head title="Library"><button class="button primary">Add</button></a-page-head>
 */
@Component({
  selector: 'a-page-head',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <header>
      <ng-content select="[before]" />
      <h1>{{ title() }}</h1>
      <div class="beside"><ng-content /></div>
    </header>
  `,
  styles: `
    header {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: 8px 16px;
      min-height: 72px;
      padding: 16px var(--gap) 8px;
    }

    h1 {
      min-width: 0;
    }

    .beside {
      display: flex;
      flex: 1;
      flex-wrap: wrap;
      align-items: center;
      justify-content: flex-end;
      gap: 8px;
    }
  `,
})
export class PageHead {
  readonly title = input.required<string>();
}
