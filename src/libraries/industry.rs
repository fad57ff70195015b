//! The industries that sites, projects and leads are sorted by.

crate::text_enum! {
    /// Sorts sites, projects and leads.
    pub enum Industry {
        EquipmentManufacturing = "equipment_manufacturing", "装备制造", "Equipment manufacturing";
        Electronics = "electronics", "电子信息", "Electronics";
        NewMaterials = "new_materials", "新材料", "New materials";
        Food = "food", "食品加工", "Food";
        Bamboo = "bamboo", "竹产业", "Bamboo";
        DarkTea = "dark_tea", "黑茶", "Dark tea";
        Shipbuilding = "shipbuilding", "船舶制造", "Shipbuilding";
        Biomedicine = "biomedicine", "生物医药", "Biomedicine";
        Textiles = "textiles", "纺织服装", "Textiles";
        NewEnergy = "new_energy", "新能源", "New energy";
        ModernAgriculture = "modern_agriculture", "现代农业", "Modern agriculture";
        ModernServices = "modern_services", "现代服务业", "Modern services";
    }
}
