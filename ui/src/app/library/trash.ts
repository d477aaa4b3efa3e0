import { ChangeDetectionStrategy, Component } from '@angular/core';
import { PageHead } from '../parts/page-head';

@Component({
  selector: 'a-trash',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [PageHead],
  template: `<a-page-head title="Trash" />`,
})
export class Trash {}
