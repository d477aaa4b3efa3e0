import type { Routes } from '@angular/router';

export const routes: Routes = [
  { path: '', loadComponent: async () => (await import('./system')).System },
  { path: 'users', loadComponent: async () => (await import('./users')).UsersPage },
  { path: 'usage', loadComponent: async () => (await import('./usage')).UsagePage },
  { path: 'audit', loadComponent: async () => (await import('./audit')).AuditPage },
];
