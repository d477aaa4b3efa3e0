import { ChangeDetectionStrategy, Component } from '@angular/core';
import { PageHead } from '../parts/page-head';

@Component({
  selector: 'a-add',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [PageHead],
  template: `<a-page-head title="Add" />`,
})
export class Add {}
