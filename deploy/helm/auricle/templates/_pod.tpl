{{- /*
The pod of a server or worker; takes (dict "root" $ "part" NAME "values" VALUES "port" PORT "args" ARGS), and for
the server "init": it brings the tables up to date before it starts, which several may try at once.
*/}}
{{- define "auricle.pod" -}}
metadata:
  labels: {{- include "auricle.labels" . | nindent 4 }}
  annotations:
    checksum/settings: {{ include (print .root.Template.BasePath "/settings.yaml") .root | sha256sum }}
spec:
  {{- with .root.Values.serviceAccount.name }}
  serviceAccountName: {{ . }}
  {{- end }}
  automountServiceAccountToken: false
  {{- /* Kubernetes would set AURICLE_SERVICE_HOST and the like, which are no settings and would be refused. */}}
  enableServiceLinks: false
  {{- with .root.Values.image.pullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .values.runtimeClassName }}
  runtimeClassName: {{ . }}
  {{- end }}
  {{- /* The handing back, the few seconds before it, and the end of what runs. */}}
  terminationGracePeriodSeconds: {{ add .root.Values.drainTimeout 30 }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: {type: RuntimeDefault}
  {{- if .init }}
  initContainers:
    - name: tables
      args: [db, upgrade]
      {{- include "auricle.container" . | nindent 6 }}
      resources:
        requests: {cpu: 100m, memory: 256Mi}
        limits: {memory: 1Gi}
  {{- end }}
  containers:
    - name: {{ .part }}
      args: {{- toYaml .args | nindent 8 }}
      {{- include "auricle.container" . | nindent 6 }}
      ports:
        - {name: http, containerPort: {{ .port }}}
      {{- /* Until the models it preloads are there, which may have to come over the network. */}}
      startupProbe:
        httpGet: {path: /health/live, port: http}
        periodSeconds: 5
        failureThreshold: 360
      livenessProbe:
        httpGet: {path: /health/live, port: http}
        periodSeconds: 15
        timeoutSeconds: 10
        failureThreshold: 4
      readinessProbe:
        httpGet: {path: /health/ready, port: http}
        periodSeconds: 10
        timeoutSeconds: 10
      {{- if .init }}
      {{- /* Until nobody sends requests here any more. */}}
      lifecycle:
        preStop: {exec: {command: [sleep, "5"]}}
      {{- end }}
      resources:
        requests: {{- toYaml .values.resources.requests | nindent 10 }}
        limits:
          {{- toYaml .values.resources.limits | nindent 10 }}
          {{- if .values.gpus }}
          nvidia.com/gpu: {{ .values.gpus }}
          {{- end }}
  volumes:
    - name: data
      emptyDir: {sizeLimit: {{ .root.Values.scratch.sizeLimit }}}
    - name: tmp
      emptyDir: {sizeLimit: {{ .root.Values.scratch.sizeLimit }}}
    - name: models
      {{- if .root.Values.models.persistence.enabled }}
      persistentVolumeClaim: {claimName: {{ include "auricle.modelsClaim" .root }}}
      {{- else }}
      emptyDir: {sizeLimit: {{ .root.Values.models.persistence.size }}}
      {{- end }}
    {{- if not .root.Values.storage.url }}
    - name: storage
      persistentVolumeClaim: {claimName: {{ include "auricle.storageClaim" .root }}}
    {{- end }}
  {{- with .values.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .values.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .values.affinity }}
  affinity: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- /* What the containers of a pod have in common. */}}
{{- define "auricle.container" -}}
image: {{ printf "%s:%s" .root.Values.image.repository .values.tag }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
envFrom:
  - configMapRef: {name: {{ include "auricle.name" .root }}}
  - secretRef: {name: {{ include "auricle.secret" .root }}}
{{- with .values.settings }}
env:
  {{- range $name, $value := . }}
  - {name: {{ $name }}, value: {{ $value | toString | quote }}}
  {{- end }}
{{- end }}
volumeMounts:
  - {name: data, mountPath: /data}
  - {name: tmp, mountPath: /tmp}
  - {name: models, mountPath: /models}
  {{- if not .root.Values.storage.url }}
  - {name: storage, mountPath: /storage}
  {{- end }}
{{- end }}
