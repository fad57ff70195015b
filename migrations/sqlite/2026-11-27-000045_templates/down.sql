DROP TABLE agreement_template_steps;
DROP TABLE agreement_template_versions;
DROP TABLE agreement_templates;
