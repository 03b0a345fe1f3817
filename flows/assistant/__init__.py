"""The assistant that a lead meets. It hears, decides and says; it knows no Prefect, no store and no WhatsApp."""
