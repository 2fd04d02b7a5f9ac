// Validates a WorkflowTemplate against Argo's own schema: node argo_schema.mjs TEMPLATE.json
// Needs `npm install @kubernetes-models/argo-workflows` where node looks for packages.
import { readFileSync } from "node:fs";
import { WorkflowTemplate } from "@kubernetes-models/argo-workflows/argoproj.io/v1alpha1/WorkflowTemplate";

try {
  new WorkflowTemplate(JSON.parse(readFileSync(process.argv[2], "utf-8"))).validate();
  console.log("[]");
} catch (error) {
  if (!error.errors) throw error;
  console.log(JSON.stringify(error.errors.map(({ instancePath, message }) => `${instancePath} ${message}`)));
}
