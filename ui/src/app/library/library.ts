import { ChangeDetectionStrategy, Component } from '@angular/core';
import { PageHead } from '../parts/page-head';

@Component({
  selector: 'a-library',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [PageHead],
  template: `<a-page-head title="Library" />`,
})
export class Library {}
